// A plan of PostgreSQL as a tree: what each node does, what it costs, and its share of the whole.
import { h, visible } from './dom.js';
import { api } from './api.js';
import { t as texts } from './strings.js';

const t = texts.explain;
const MOST_NODES = 2000;

/**
 * Explains a statement through the guard, as everything that runs.
 *
 * @returns {Promise<HTMLElement>}
 */
export async function explain(sql, database, { analyze = false, signal } = {}) {
  const options = analyze ? 'ANALYZE, BUFFERS, ' : '';
  const ask = format => api.post('/query', { sql: `EXPLAIN (${options}FORMAT ${format})\n${sql}`, database }, { signal });
  const plan = (await ask('JSON')).rows[0]?.[0];
  if (Array.isArray(plan) && plan[0]?.Plan) return planView(plan[0]);
  // A plan that is longer than a cell is cut, and no JSON any more.
  const lines = (await ask('TEXT')).rows.map(row => row[0]);
  return h('div', { class: 'plan' }, h('p', { class: 'muted' }, t.cut), h('pre', { class: 'sql-block', tabindex: '0' }, visible(lines.join('\n'))));
}

const number = value => typeof value === 'number' ? value : Number(value) || 0;
const short = value => value >= 1000 ? texts.number(Math.round(value)) : String(Math.round(value * 100) / 100);
const totalTime = node => number(node['Actual Total Time']) * number(node['Actual Loops'] ?? 1);

/** A plan of `FORMAT JSON`. */
export function planView(plan) {
  const root = plan.Plan, measured = 'Actual Total Time' in root;
  const whole = (measured ? totalTime(root) : number(root['Total Cost'])) || 1;
  const facts = [t.total(short(number(root['Total Cost'])))];
  if ('Planning Time' in plan) facts.push(t.planning(short(number(plan['Planning Time']))));
  if ('Execution Time' in plan) facts.push(t.execution(short(number(plan['Execution Time']))));
  let left = MOST_NODES;
  const list = nodes => h('ul', { class: 'plan-list' }, ...nodes.map(draw));
  const draw = node => {
    if (left-- <= 0) return h('li', {}, '…');
    const children = Array.isArray(node.Plans) ? node.Plans : [];
    const value = measured ? totalTime(node) : number(node['Total Cost']);
    const below = children.reduce((sum, child) => sum + (measured ? totalTime(child) : number(child['Total Cost'])), 0);
    const share = Math.max(0, Math.min(1, (value - below) / whole));
    return h('li', {}, card(node, share, measured), children.length ? list(children) : null);
  };
  return h('div', { class: 'plan', role: 'group', 'aria-label': t.label }, h('p', { class: 'plan-facts' }, facts.join(' · ')), list([root]));
}

const SHOWN = new Set(['Node Type', 'Plans', 'Relation Name', 'Schema', 'Alias', 'Startup Cost', 'Total Cost', 'Plan Rows',
  'Plan Width', 'Actual Startup Time', 'Actual Total Time', 'Actual Rows', 'Actual Loops', 'Parallel Aware', 'Async Capable',
  'Parent Relationship', 'Join Type', 'Strategy', 'Index Name', 'CTE Name', 'Function Name', 'Operation', 'Disabled']);

function title(node) {
  let name = String(node['Node Type'] ?? '?');
  if (name === 'Aggregate' && node.Strategy) name = { Hashed: 'Hash Aggregate', Sorted: 'Group Aggregate', Mixed: 'Mixed Aggregate' }[node.Strategy] ?? name;
  if (name === 'ModifyTable' && node.Operation) name = String(node.Operation);
  if (node["Join Type"] && node["Join Type"] !== "Inner") name += ` (${node["Join Type"]})`;
  return name;
}

function card(node, share, measured) {
  const relation = node['Relation Name'] ?? node['CTE Name'] ?? node['Function Name'];
  const percent = Math.round(share * 100);
  const loops = number(node['Actual Loops'] ?? 1), planned = number(node['Plan Rows']), actual = number(node['Actual Rows']);
  const facts = [[t.cost, `${short(number(node["Startup Cost"]))} … ${short(number(node["Total Cost"]))}`]];
  if (measured && loops === 0) facts.push([t.actual, t.never]);
  else if (measured) {
    facts.push([t.actual, t.time(short(number(node['Actual Total Time']))) + (loops > 1 ? `, ${t.loops(short(loops))}` : '')]);
    facts.push([t.rows, `${short(actual)} (${t.planned(short(planned))})`]);
  } else facts.push([t.rows, short(planned)]);
  const off = measured && loops > 0 ? Math.max((actual + 1) / (planned + 1), (planned + 1) / (actual + 1)) : 1;
  const bar = h('span', { class: 'plan-bar', 'aria-hidden': 'true' }, h('span', {}));
  bar.firstChild.style.setProperty('inline-size', `${Math.max(share * 100, 0.5)}%`);
  const others = Object.entries(node).filter(([key, value]) => !SHOWN.has(key) && value !== 0 && value !== false);
  return h('div', { class: 'plan-node' + (share >= 0.5 ? ' plan-heavy' : '') },
    h('div', { class: 'plan-head' },
      h('strong', {}, visible(title(node))),
      relation !== undefined ? h('span', { class: 'plan-relation' }, `${t.on} `, h('code', {}, shown(relation)),
        node.Alias && node.Alias !== relation ? ` ${shown(node.Alias)}` : '') : null,
      node['Index Name'] !== undefined ? h('code', { class: 'muted' }, shown(node['Index Name'])) : null,
      h('span', { class: 'plan-share' }, t.share(percent))),
    bar,
    h('dl', { class: 'plan-numbers' }, ...facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
      off >= 10 ? h('div', { class: 'plan-off' }, h('dt', { class: 'visually-hidden' }, t.rows), h('dd', {}, t.off(short(Math.round(off))))) : null),
    others.length ? h('details', {}, h('summary', {}, t.details), h('dl', { class: 'plan-details' },
      ...others.flatMap(([key, value]) => [h('dt', {}, shown(key)), h('dd', {}, shown(value))]))) : null);
}

function shown(value) {
  return visible(typeof value === 'string' ? value : Array.isArray(value) ? value.map(one => typeof one === 'string' ? one : JSON.stringify(one)).join(', ') : JSON.stringify(value));
}
