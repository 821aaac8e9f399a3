"""The vault and sealed files: what lies on the disk tells nothing, and nothing changed is ever read."""

import io
import os
import time
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xiaohe.kernel import workspace
from xiaohe.shop import vault
from xiaohe.shop.sealed_files import FRAME, HEADER, TAG, SealedReader, SealedWriter
from xiaohe.shop.vault import Unsealable

PHONE, NAME = "13800138000", "毛毛妈 猫粮"


def test_a_sealed_value_comes_back_and_its_bytes_tell_nothing(place):
    for plain in (PHONE, NAME, "", "😀" * 500):
        sealed = vault.seal(plain, "phone")
        assert vault.unseal(sealed, "phone") == plain
        if plain:
            for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
                assert plain.encode(encoding) not in sealed


def test_the_same_value_is_sealed_differently_each_time(place):
    assert vault.seal(PHONE, "phone") != vault.seal(PHONE, "phone")


def test_another_purpose_cannot_unseal(place):
    with pytest.raises(Unsealable):
        vault.unseal(vault.seal(PHONE, "phone"), "name")


@pytest.mark.parametrize("position", [0, 1, 12, 13, -1])
def test_a_changed_byte_is_refused(place, position):
    sealed = bytearray(vault.seal(PHONE, "phone"))
    sealed[position] ^= 1
    with pytest.raises(Unsealable):
        vault.unseal(bytes(sealed), "phone")


def test_another_workspace_cannot_unseal(place, tmp_path):
    sealed = vault.seal(PHONE, "phone")
    with (
        workspace.entered(workspace.Workspace("main", tmp_path / "other")),
        pytest.raises(Unsealable),
    ):
        vault.unseal(sealed, "phone")


def _written(path, data):
    with SealedWriter(path) as out:
        out.write(data)
    return path


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 200_001])
def test_a_sealed_file_reads_back_whole(place, tmp_path, size):
    data = os.urandom(size)
    with SealedReader(_written(tmp_path / "f", data)) as back:
        assert back.read() == data
    assert (tmp_path / "f").stat().st_size == HEADER + size + TAG * max(1, -(-size // FRAME))


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pieces=st.lists(st.binary(max_size=90_000), max_size=5),
    jumps=st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 90_000)), max_size=8),
)
def test_any_seek_and_read_agrees_with_plain_bytes(place, tmp_path, pieces, jumps):
    path = tmp_path / "seek"
    path.unlink(missing_ok=True)
    with SealedWriter(path) as out:
        for piece in pieces:
            out.write(piece)
    plain = io.BytesIO(b"".join(pieces))
    with SealedReader(path) as sealed:
        for offset, size in jumps:
            assert sealed.seek(offset) == plain.seek(offset)
            assert sealed.read(size) == plain.read(size)
        assert sealed.seek(0, io.SEEK_END) == plain.seek(0, io.SEEK_END)


def test_a_zip_inside_a_sealed_file_opens(place, tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("orders.csv", "订单编号\n1")
    with SealedReader(_written(tmp_path / "z", inner.getvalue())) as back:
        assert zipfile.ZipFile(back).read("orders.csv").decode() == "订单编号\n1"


@pytest.mark.parametrize("cut", [1, TAG, FRAME + TAG, 2 * (FRAME + TAG)])
def test_a_truncated_file_is_refused_at_once(place, tmp_path, cut):
    path = _written(tmp_path / "t", os.urandom(3 * FRAME))
    os.truncate(path, path.stat().st_size - cut)
    with pytest.raises(Unsealable):
        SealedReader(path)


def test_a_changed_or_swapped_frame_is_refused(place, tmp_path):
    path = _written(tmp_path / "t", os.urandom(4 * FRAME))
    data = bytearray(path.read_bytes())
    frame = FRAME + TAG
    first, second = slice(HEADER, HEADER + frame), slice(HEADER + frame, HEADER + 2 * frame)
    data[first], data[second] = data[second], data[first]
    path.write_bytes(data)
    with SealedReader(path) as back, pytest.raises(Unsealable):
        back.read()


def test_a_writer_that_failed_leaves_no_file(place, tmp_path):
    with pytest.raises(TypeError), SealedWriter(tmp_path / "t") as out:
        out.write(None)
    assert not (tmp_path / "t").exists()


def test_a_writer_that_was_dropped_is_never_readable(place, tmp_path):
    out = SealedWriter(tmp_path / "t")
    out.write(os.urandom(3 * FRAME))
    del out
    with pytest.raises(Unsealable):
        SealedReader(tmp_path / "t")


def test_sealing_keeps_up_with_a_disk(place, tmp_path):
    data = os.urandom(32 * 1024 * 1024)
    began = time.perf_counter()
    path = _written(tmp_path / "t", data)
    with SealedReader(path) as back:
        while back.read(1 << 20):
            pass
    # 32 MiB both ways; a slow, busy machine does it in well under a second.
    assert time.perf_counter() - began < 5
