"""Tools of other servers, spoken to by the Model Context Protocol over HTTP."""
