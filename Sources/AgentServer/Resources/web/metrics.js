// The metrics at a glance: numbers of the running server, and where something waits or fails.
import { api } from './api.js';
import { h, visible } from './dom.js';
import { t as texts } from './strings.js';

const t = texts.metrics;

/// The panel; null where this server has no metrics.
export async function metricsPanel(context, reload) {
  let all;
  try {
    all = await api.get('/admin/metrics');
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
  const figure = (label, value, note = '') => value === null || value === undefined ? null : h('div', { class: 'card figure' }, h('dt', {}, label), h('dd', {}, String(value), note ? h('small', {}, ` ${note}`) : null));
  const count = value => typeof value === 'number' ? texts.number(Math.round(value)) : value;
  const group = (title, values) => {
    const entries = Object.entries(values ?? {}).filter(([, value]) => typeof value === 'number' && value > 0).sort((a, b) => b[1] - a[1]).slice(0, 24);
    if (entries.length === 0) return null;
    const most = entries[0][1];
    return h('section', { class: 'card metric-group' }, h('h2', {}, title), h('ul', {}, entries.map(([name, value]) => {
      const bar = h('span', { class: 'meter', 'aria-hidden': 'true' }, h('span', {}));
      bar.firstChild.style.setProperty('inline-size', `${value / most * 100}%`);
      return h('li', {}, h('span', { class: 'breaks' }, visible(name)), bar, h('strong', {}, count(value)));
    })));
  };
  return h('div', { class: 'stack' },
    h('div', { class: 'toolbar' }, h('span', { class: 'muted' }, t.version(visible(all.version ?? '')), ' · ', t.uptime(span(all.uptimeSeconds ?? 0))), all.lockdown ? h('span', { class: 'badge bad' }, t.lockdown) : null,
      h('span', { class: 'spacer' }), h('button', { type: 'button', class: 'button small', onclick: reload }, texts.refresh)),
    h('dl', { class: 'figures' }, figure(t.requests, count(all.requests?.total)), figure(t.inFlight, count(all.requests?.inFlight)), figure(t.calls, count(all.calls?.total)), figure(t.userSessions, count(all.sessions?.users)),
      figure(t.mcpSessions, count(all.sessions?.mcp)), figure(t.streams, count(all.streams)), figure(t.certificate, typeof all.certificate?.expirySeconds === 'number' ? span(all.certificate.expirySeconds) : null),
      figure(t.nextExpiry, typeof all.tokens?.nextExpirySeconds === 'number' ? span(all.tokens.nextExpirySeconds) : null)),
    (all.pools ?? []).length > 0 ? h('section', {}, h('h2', {}, t.pools), h('ul', { class: 'pools' }, all.pools.map(pool => h('li', { class: 'card' },
      h('strong', { class: 'breaks' }, visible(pool.database)), h('span', { class: pool.reachable && !pool.circuitOpen ? 'badge good' : 'badge bad' }, pool.reachable && !pool.circuitOpen ? t.reachable : t.unreachable),
      h('span', { class: 'muted' }, t.pool(pool.inUse, pool.idle, pool.maximum, pool.waiting)))))) : null,
    h('div', { class: 'metric-groups' }, group(t.byStatus, all.requests?.byStatus), group(t.byRoute, all.requests?.byRoute), group(t.tools, all.calls?.tools), group(t.outcomes, all.calls?.byOutcome), group(t.failures, all.calls?.failures),
      group(t.refusals, all.refusals), group(t.signIns, all.authenticationFailures), group(t.approvals, all.approvals), group(t.tokens, { ...all.tokens, nextExpirySeconds: 0 })));
}

/// Whether this server has metrics. Whoever may not read them sees why when the panel is opened.
metricsPanel.exists = async () => {
  try {
    await api.get('/admin/metrics');
    return true;
  } catch (error) {
    return error.status !== 404;
  }
};

function span(seconds) {
  const days = Math.floor(seconds / 86400), hours = Math.floor(seconds % 86400 / 3600), minutes = Math.floor(seconds % 3600 / 60);
  return days > 0 ? t.days(days, hours) : hours > 0 ? t.hours(hours, minutes) : t.minutes(minutes);
}
