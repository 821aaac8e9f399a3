"""Ways in and out that speak to other programs: webhooks."""
