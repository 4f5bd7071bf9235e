"""What the pages of the book use: a folder for each chapter, and beside the folders what several chapters share.

A chapter's folder holds its ledger entries (``equations``), its figures (``figures``) and its figure to play with
(``explorer``), where it has them.

============  ========================================================================================
module        what it does
============  ========================================================================================
``show``      source, prose, tables, checks and figures in a notebook
``ledger``    every labelled equation, checked
``entry``     an equation, its checks, and what they gave
``measure``   how far two results are apart
``labels``    the labels that a page defines
``style``     the look of all figures; ``arrays``, figures of images and matrices
``explorer``  what every figure to play with is made of
============  ========================================================================================
"""
