"""Pages and answers: parse, authorise, call one function, answer."""
