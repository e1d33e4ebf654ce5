"""Whether platforms are treated alike: who supplies what, does a feature tell them apart, is risk judged equally."""
