"""What people can do with their accounts; knows no HTTP and no SQL."""
