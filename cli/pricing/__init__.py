"""What a deployment costs a month and which quota it reaches first, from one dated table."""
