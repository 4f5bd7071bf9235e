"""The laboratory: the whole network on one page, to draw for, to train and to prune."""
