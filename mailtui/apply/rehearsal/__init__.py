"""A change of main.cf or master.cf tried for real before it is written, where nothing live can be reached."""
