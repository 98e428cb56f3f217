"""What builds, deploys, starts and serves the regions of the local AWS."""
