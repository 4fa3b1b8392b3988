"""The mail catcher: takes the mails of a demonstration over SMTP and shows them on a page."""
