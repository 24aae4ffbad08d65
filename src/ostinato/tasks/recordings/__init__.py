"""What the tasks that read recordings share: channels, files, network, a stream over it."""
