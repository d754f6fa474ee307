"""The work behind the verbs: `training` fits and measures, `prediction` answers about new images without Lightning."""
