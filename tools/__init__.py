"""Tools of the repository: the local cluster, the images, the demo and the generators. Nothing here ships to users."""
