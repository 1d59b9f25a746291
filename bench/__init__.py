"""What the site can bear, measured: `./run bench`. README.md says what each figure is and how it is taken."""
