"""Reports: who may run them, what they are asked, what their pages and files show."""
