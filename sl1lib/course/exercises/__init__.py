"""The exercises of the book, a file each; `sl1lib.course.exercises()` lists them."""
