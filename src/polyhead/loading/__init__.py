"""From files to batches: sources of labelled images, letterbox, augmentation, collation, the DataModule."""
