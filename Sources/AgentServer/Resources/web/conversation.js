// What can be done with a conversation of the list: rename, export, delete.
import { ask, download, h, icon, visible } from './dom.js';
import { api } from './api.js';
import { t } from './strings.js';

const words = t.chat;

/// The buttons of a conversation's menu. `list` is the list that the conversation stands in.
export function conversationActions(list, one, menu) {
  const path = `/conversations/${encodeURIComponent(one.id)}`, title = visible(one.title || words.untitled);
  const act = (text, onclick, name) => h('button', { type: 'button', class: 'button quiet small', onclick: async () => {
    menu.open = false;
    try {
      await onclick();
    } catch (error) {
      list.chat.context.toast(error.message);
    }
  } }, icon(name), text);
  return [
    act(words.rename, () => rename(list, one, path, one.title), 'edit'),
    act(words.exportMarkdown, () => exported(one, path, 'markdown', 'md'), 'download'),
    act(words.exportJSON, () => exported(one, path, 'json', 'json'), 'download'),
    act(words.remove, async () => {
      if (!await ask({ title: words.remove, text: words.removeSure(title), ok: words.remove, isDanger: true })) return;
      await api.delete(path);
      sessionStorage.removeItem(`draft:${one.id}`);
      await list.load();
      if (list.chat.id === one.id) list.chat.context.go('#/chat');
    }, 'trash'),
  ];
}

/// Asks for a title. One that could not be kept is asked about again, as it was written.
async function rename(list, one, path, title) {
  const changed = (await ask({ title: words.rename, label: words.renameTo, value: title, ok: words.save }))?.trim();
  if (!changed) return;
  try {
    await api.patch(path, { title: changed });
  } catch (error) {
    if (error.status !== 401) throw error;
    if (await list.chat.context.signedInAgain()) await rename(list, one, path, changed);
    return;
  }
  await list.load();
}

async function exported(one, path, format, end) {
  const text = await api.text(`${path}/export?format=${format}`);
  const name = (one.title || 'conversation').replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'conversation';
  download(`${name}.${end}`, format === 'json' ? 'application/json' : 'text/markdown;charset=utf-8', text);
}
