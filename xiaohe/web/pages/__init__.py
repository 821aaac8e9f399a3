"""What each page shows, put together from the rooms below as plain values; templates decide nothing."""
