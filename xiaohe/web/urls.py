"""Every address of the console; the same ones are mounted again under /sample/ (see `middleware`)."""

from __future__ import annotations

from django.urls import path

from xiaohe.web.views import (
    connections,
    data,
    errors,
    first_run,
    numbers,
    people,
    person,
    results,
    sample,
    signin,
    today,
    undo,
    unread,
    webhooks,
)

urlpatterns = [
    path("sign-in", signin.sign_in, name="sign-in"),
    path("sign-out", signin.sign_out, name="sign-out"),
    path("language", signin.language, name="language"),
    # 今日
    path("", today.page, name="today"),
    path("today/text", today.text, name="today-text"),
    path("today/print", today.on_paper, name="today-print"),
    path("today/copied", today.copied_all, name="today-copied"),
    path("today/yesterday", today.yesterday, name="yesterday"),
    path("today/not-listed/<slug:rule>", today.not_listed, name="not-listed"),
    path("today/tasks/<int:task>/words", today.other_words, name="task-other-words"),
    path("today/tasks/<int:task>/undo", today.undo, name="task-undo"),
    path("today/tasks/<int:task>/<slug:tap>", today.tap, name="task-tap"),
    # 客户
    path("due/<slug:whom>", first_run.due, name="due"),
    path("undo/<str:token>", undo.facts, name="undo"),
    path("people", people.page, name="people"),
    path("people/search", people.search, name="people-search"),
    path("people/unmatched", people.unmatched, name="unmatched"),
    path("people/<int:person>", person.page, name="person"),
    path("people/<int:person>/have", person.have, name="person-have"),
    path("people/<int:person>/split", person.split, name="person-split"),
    path("people/<int:person>/take-back", person.take_back, name="person-take-back"),
    path("people/<int:person>/wish", person.wish, name="person-wish"),
    path("people/<int:person>/notes", person.note, name="person-note"),
    path("people/<int:person>/notes/<int:number>/strike", person.strike, name="person-note-strike"),
    path(
        "people/<int:person>/notes/<int:number>/restore", person.restore, name="person-note-restore"
    ),
    # 经营
    path("business", results.page, name="results"),
    path("business/contact/<slug:what>", results.contacted, name="contact-people"),
    path("business/river/<slug:stop>", results.river, name="river"),
    path("numbers", numbers.dictionary, name="numbers"),
    path("numbers/<slug:measure>", numbers.page, name="number"),
    path("numbers/<slug:measure>/<slug:side>", numbers.crowd, name="number-people"),
    # files
    path("start", first_run.start, name="start"),
    path("read", first_run.read, name="read"),
    path("uploads", first_run.uploads, name="uploads"),
    path("uploads/progress", first_run.progress, name="uploads-progress"),
    path("uploads/<slug:upload>/confirm", first_run.confirm, name="upload-confirm"),
    path("imports", data.imports, name="imports"),
    path("imports/<int:number>", data.report, name="import-report"),
    path("imports/<int:number>/undo", data.undo, name="import-undo"),
    path("imports/<int:number>/rejected", data.rejected, name="import-rejected"),
    # the gear
    path("more", data.more, name="more"),
    path("data", data.page, name="data"),
    path("data/shop", data.save_shop, name="settings-shop"),
    path("data/accounts/<int:account>", data.save_account, name="settings-account"),
    path("data/cost", data.save_cost, name="settings-cost"),
    # what other programs tell, and are told
    path("connections", connections.page, name="connections"),
    path("connections/sources/new", connections.new_source, name="source-new"),
    path("connections/sources/<int:source>", connections.source, name="source"),
    path("connections/sources/<int:source>/rotate", connections.rotate, name="source-rotate"),
    path("connections/sources/<int:source>/limit", connections.limit, name="source-limit"),
    path("connections/sources/<int:source>/revoke", connections.revoke, name="source-revoke"),
    path("connections/webhooks/new/<slug:way>", webhooks.new, name="webhook-new"),
    path("connections/webhooks/<slug:endpoint>", webhooks.page, name="webhook"),
    path("connections/webhooks/<slug:endpoint>/rotate", webhooks.rotate, name="webhook-rotate"),
    path("connections/webhooks/<slug:endpoint>/switch", webhooks.switch, name="webhook-switch"),
    path("connections/webhooks/<slug:endpoint>/remove", webhooks.remove, name="webhook-remove"),
    path(
        "connections/webhooks/<slug:endpoint>/bring-back",
        webhooks.bring_back,
        name="webhook-bring-back",
    ),
    path("connections/webhooks/<slug:endpoint>/test", webhooks.test, name="webhook-test"),
    path("connections/webhooks/<slug:endpoint>/resend", webhooks.resend, name="webhook-resend"),
    path("connections/unread", unread.page, name="unread"),
    path("connections/unread/again", unread.all_again, name="unread-all-again"),
    path("connections/unread/<slug:kind>/<int:number>", unread.mend, name="unread-mend"),
    path("connections/unread/<slug:kind>/<int:number>/again", unread.again, name="unread-again"),
    path("connections/unread/<slug:kind>/<int:number>/drop", unread.drop, name="unread-drop"),
    path(
        "connections/unread/<slug:kind>/<int:number>/restore",
        unread.restore,
        name="unread-restore",
    ),
    # the sample shop
    path("sample-shop/load", sample.load, name="sample-load"),
    path("sample-shop/progress/<int:job>", sample.progress, name="sample-progress"),
    path("sample-shop/next-day", sample.next_day, name="sample-next-day"),
    path("sample-shop/clear", sample.clear, name="sample-clear"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
