"""What a deployment costs a month and which quota bounds it first, from one dated table."""
