"""A shop's history: a file of sold lines becomes customers, products, sales, refunds, stock moves and entries.

`rules` names what real files are dirty with, `reading` gathers lines under their numbers, `judging` says what each
becomes, `writing` writes some hundred of them at once, `runs` does that in the background. Nothing of it sets anything
going: documents written so have no process, no job and no mail.
"""
