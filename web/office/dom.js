/**
 * Makes an element. Attributes whose name begins with "on" are listeners; text
 * never becomes markup.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) e.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else e.setAttribute(name, value === true ? '' : String(value));
  }
  for (const c of children) if (c) e.append(c);
  return e;
}

/**
 * Draws a QR code of rows of 0 and 1, with the quiet zone that a camera needs.
 * @param {string[]} rows
 * @param {string} label
 */
export function qr(rows, label) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  const n = rows.length + 8;
  svg.setAttribute('viewBox', `0 0 ${n} ${n}`);
  svg.setAttribute('class', 'qr');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  const path = document.createElementNS(ns, 'path');
  let d = '';
  rows.forEach((row, y) => { for (let x = 0; x < row.length; x++) if (row[x] === '1') d += `M${x + 4} ${y + 4}h1v1h-1z`; });
  path.setAttribute('d', d);
  path.setAttribute('fill', '#000');
  svg.append(path);
  return svg;
}

/**
 * A field with its label.
 * @param {string} label
 * @param {Record<string, unknown>} attributes of the input
 * @param {string} [hint]
 * @returns {{input: HTMLInputElement, nodes: Node[]}}
 */
export function field(label, attributes, hint) {
  const id = `f-${attributes['name']}`;
  const input = /** @type {HTMLInputElement} */ (h('input', { id, ...attributes, 'aria-describedby': hint ? `${id}-hint` : undefined }));
  const nodes = [h('label', { for: id }, label), input];
  if (hint) nodes.push(h('p', { class: 'hint', id: `${id}-hint` }, hint));
  return { input, nodes };
}

/**
 * A form that does something: its button waits while it is done, and what goes
 * wrong is said below it.
 * @param {string} button
 * @param {() => Promise<void>} act
 * @param {...Node} children
 */
export function form(button, act, ...children) {
  const error = h('p', { class: 'error', role: 'alert' });
  const submit = /** @type {HTMLButtonElement} */ (h('button', { class: 'main', type: 'submit' }, button));
  return h('form', {
    onsubmit: async (/** @type {Event} */ e) => {
      e.preventDefault();
      await during(submit, error, act);
    },
  }, ...children, submit, error);
}

/**
 * Does something while a button waits, and says what goes wrong.
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} error
 * @param {() => Promise<void>} act
 */
export async function during(button, error, act) {
  error.textContent = '';
  button.disabled = true;
  try {
    await act();
  } catch (e) {
    error.textContent = e instanceof Error ? e.message : String(e);
  } finally {
    button.disabled = false;
  }
}
