"""A lease table of background work: claim, renew, fence, retry, cron; effects and completion in one commit."""
