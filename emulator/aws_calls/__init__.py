"""Calls of the region's process to the local AWS and to its peers, for the path of a message.

boto3 takes a thread and a millisecond of processor time for each call. What is called once per
message goes through here instead; all other calls use boto3.
"""
