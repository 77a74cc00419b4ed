"use strict";

addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("docs");
  SwaggerUIBundle({
    domNode: place,
    url: place.dataset.document,
    // Nothing is asked or told anywhere else.
    validatorUrl: null,
    deepLinking: true,
    docExpansion: "none",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
  });
});
