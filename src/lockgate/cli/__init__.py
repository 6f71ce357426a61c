"""The command line: each verb parses, calls one use case, prints."""
