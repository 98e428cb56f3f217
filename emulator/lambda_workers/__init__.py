"""Runs deployed Python functions: Lambda's execution environments, as processes of this machine.

The local AWS can run functions too, but takes several milliseconds of processor time for each
invocation (decision 0067). Code, handler, environment variables and timeout are what Lambda's API
says is deployed; `bootstrap.py` is what runs inside an environment.
"""
