"""The only modules of the command that talk to AWS, and the one that turns its errors into ours."""
