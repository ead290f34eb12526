// A live chart: uPlot in an element that follows its width and the colours of the page.
// It draws on a canvas that is no part of what assistive technology reads; the card says the numbers.

import { bytes } from './format.js';
import uPlot from './lib/uplot/uPlot.esm.js';

const HEIGHT = 150;

/** Steps of an axis of bytes. */
const binary = Array.from({ length: 44 }, (_, power) => 2 ** power);

const theme = matchMedia('(prefers-color-scheme: dark)');

class LiveChart extends HTMLElement {
  #plot = null;
  #series = [];
  #data = [[]];
  #observer = new ResizeObserver(() => this.#resize());
  #again = () => this.#draw();

  /** What is drawn: [{label, color: a CSS variable, value: number => text}]. */
  set series(series) {
    this.#series = series;
  }

  /** Columns: the times in seconds, then one for each series. */
  set data(data) {
    this.#data = data;
    if (this.#plot) {
      const span = 120;
      const end = data[0].length ? data[0][data[0].length - 1] : 0;
      this.#plot.setData(data, false);
      this.#plot.batch(() => {
        this.#plot.setScale('x', { min: end - span, max: end });
        this.#plot.setScale('y', range(data, end - span, this.#series[0].least ?? 1));
      });
    }
  }

  connectedCallback() {
    this.#observer.observe(this);
    theme.addEventListener('change', this.#again);
    addEventListener('themechange', this.#again);
    this.#draw();
  }

  disconnectedCallback() {
    this.#observer.disconnect();
    theme.removeEventListener('change', this.#again);
    removeEventListener('themechange', this.#again);
    this.#plot?.destroy();
    this.#plot = null;
  }

  #resize() {
    if (this.#plot && this.clientWidth > 0) this.#plot.setSize({ width: this.clientWidth, height: HEIGHT });
  }

  #draw() {
    this.#plot?.destroy();
    const style = getComputedStyle(this);
    const color = (name) => style.getPropertyValue(name).trim();
    const value = this.#series[0].value;
    const axis = {
      stroke: color('--faint'),
      font: '11px system-ui, sans-serif',
      grid: { stroke: color('--grid'), width: 1 },
      ticks: { show: false },
    };
    this.#plot = new uPlot(
      {
        width: this.clientWidth || 300,
        height: HEIGHT,
        padding: [8, 6, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { size: 6 } },
        scales: { x: { time: true }, y: { auto: false } },
        axes: [
          {
            ...axis,
            space: 70,
            size: 26,
            values: (plot, times) => times.map((time) => new Date(time * 1000).toLocaleTimeString('en-GB')),
          },
          { ...axis, size: 58, space: 34, ...(value === bytes ? { incrs: binary } : {}), values: (plot, values) => values.map((each) => (each === 0 ? '0' : value(each))) },
        ],
        series: [
          {},
          ...this.#series.map((each, index) => ({
            label: each.label,
            stroke: color(each.color),
            width: 1.75,
            fill: index === 0 ? color(each.color) + '1f' : undefined,
            points: { show: false },
          })),
        ],
      },
      this.#data,
      this,
    );
    this.data = this.#data;
  }
}

/** From zero to a little above the largest value in sight, or the least that makes a scale. */
function range(data, from, least) {
  let most = least;
  for (let i = 0; i < data[0].length; i++) {
    if (data[0][i] < from) continue;
    for (let column = 1; column < data.length; column++) most = Math.max(most, data[column][i] ?? 0);
  }
  return { min: 0, max: most * 1.15 };
}

customElements.define('live-chart', LiveChart);
