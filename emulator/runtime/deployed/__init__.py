"""Reads what `sam deploy` deployed back through AWS's public APIs, as the data planes' input.

There is no second description of the stack: the template as deployed, the physical ids of
CloudFormation, the code in S3, and what the services themselves list.
"""
