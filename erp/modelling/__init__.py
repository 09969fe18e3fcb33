"""Processes as analysts change them: drafts, what is wrong with them, what they change, and publishing."""
