// Numbers and times as people read them.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(count) {
  let unit = 0;
  while (count >= 1024 && unit < units.length - 1) {
    count /= 1024;
    unit++;
  }
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${units[unit]}`;
}

export function count(number) {
  if (number >= 10_000_000) return `${(number / 1_000_000).toFixed(1)} M`;
  return Math.round(number).toLocaleString('en');
}

export function plural(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** A rate, with a decimal where it is small. */
export function rate(number) {
  return number > 0 && number < 10 ? number.toFixed(1) : count(number);
}

export function percent(part) {
  return part < 0 ? '–' : `${Math.round(part * 100)} %`;
}

export function micros(time) {
  if (!time) return '–';
  if (time < 1000) return `${time} µs`;
  return time < 1_000_000 ? `${(time / 1000).toFixed(time < 10_000 ? 1 : 0)} ms` : `${(time / 1_000_000).toFixed(1)} s`;
}

export function seconds(total) {
  const days = Math.floor(total / 86_400);
  const hours = Math.floor(total / 3600) % 24;
  const minutes = Math.floor(total / 60) % 60;
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${total % 60} s` : `${total} s`;
}

export function clock(millis) {
  return new Date(millis).toLocaleTimeString('en-GB');
}

export function preciseClock(millis) {
  return `${clock(millis)}.${String(millis % 1000).padStart(3, '0')}`;
}

/** JSON on several lines, or the text itself if it is none. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** What a list does not show, in words; nothing if it shows all. */
export function more(left) {
  return left > 0 ? `… and ${count(left)} more.` : '';
}
