"""`globalws`, the operator's command: channels, messages, dead letters and health everywhere."""
