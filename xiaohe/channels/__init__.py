"""Ways out to a person; `assist` prepares text that a human sends."""
