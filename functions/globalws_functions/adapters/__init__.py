"""The only modules that talk to AWS. Each takes its settings as arguments."""
