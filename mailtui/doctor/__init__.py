"""What is wrong with an instance, where, why, and the edit that puts it right. One module a family."""
