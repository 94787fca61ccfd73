// Creates elements without markup, so that text from a server or a caller stays text.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** An element with these properties and children; a child that is null is left out. */
export function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The pairs of a description list. */
export const pair = (term, ...description) => [
  element('dt', {}, term),
  element('dd', {}, ...description),
];

export const code = (text) => element('code', {}, text);

/** The class of an outcome. */
export function outcome(status) {
  if (status === undefined || status === null || status >= 500) {
    return 'failed';
  }
  return status < 400 ? 'good' : 'bad';
}

/** A length of time, in words that a person says. */
export function duration(seconds) {
  const units = [[86_400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];
  const [size, unit] = units.find(([size]) => seconds >= size && seconds % size === 0) ?? [1, 'second'];
  const count = seconds / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** The time of day. */
export const timeOfDay = (date) => date.toLocaleTimeString([], { hour12: false });
