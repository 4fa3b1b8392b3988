"""The GSMA MaaP chatbot API, the operator's side: three endpoints over HTTP."""
