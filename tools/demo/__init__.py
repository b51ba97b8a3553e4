"""`make demo`: the product on a real cluster, from nothing to a table of what its guests saw.

Owns the story and its words. The cluster, the images and the product itself come from elsewhere.
"""
