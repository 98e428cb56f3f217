"""What the command knows without asking anyone: pure rules, no AWS, no terminal."""
