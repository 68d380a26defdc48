"""How the weights of the embedded classifier are made: from route sets with labelled prompts to the files that ship.

`python -m training` reads `data/`, trains the heads of both encoders on two cores in a few minutes, calibrates them on
route sets that were held out, writes a report, and then trains on everything what it writes into the package.
`python -m training.sentences` makes the files of the sentence encoder from the package that Google's weights come in.
"""
