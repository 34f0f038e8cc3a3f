/** Clones of the page's <template> elements: all markup lives in Django templates. */

/**
 * Return a new copy of `<template id>`'s one element.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function clone(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
}

/**
 * Return the place for `name` in an element made by a template.
 *
 * @param {ParentNode} root
 * @param {string} name
 * @returns {HTMLElement}
 */
export function slot(root, name) {
  return /** @type {HTMLElement} */ (root.querySelector(`[data-slot="${name}"]`));
}

/**
 * Write text into a place and show it; empty text hides it.
 *
 * @param {ParentNode} root
 * @param {string} name
 * @param {string} text
 */
export function fill(root, name, text) {
  const place = slot(root, name);
  place.textContent = text;
  place.hidden = text === "";
}

/** @param {string} id @returns {any} the element, which the page's template promises */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Give an article its id, by which its heading names it too.
 *
 * @param {HTMLElement} article
 * @param {string} id
 */
export function name(article, id) {
  article.id = id;
  article.setAttribute("aria-labelledby", `${id}-author`);
  const heading = article.querySelector(".message__author");
  if (heading) heading.id = `${id}-author`;
}
