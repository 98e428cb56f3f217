"""Pure rules and types: no AWS, no environment, no clock of its own."""
