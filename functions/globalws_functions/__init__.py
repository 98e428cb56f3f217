"""What the Lambda functions share: the domain (pure rules and types) and the adapters to AWS."""
