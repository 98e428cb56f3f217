"""`sam local invoke` against the running local stack: the function runs in a container of Lambda's
own base image, and reaches this machine's local AWS and API.
"""
