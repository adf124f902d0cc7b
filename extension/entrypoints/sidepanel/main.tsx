import { browser } from '../../browser.ts';
import { createChatController } from '../../session/chat-controller.ts';
import { presentAsChosen } from '../../session/present.ts';
import { ChatSurface } from '../../ui/chat/chat-view.tsx';
import { browserMessages } from '../../ui/i18n/browser.ts';
import { t } from '../../ui/i18n/messages.ts';
import { mount } from '../../ui/mount.tsx';

const controller = createChatController('panel');
mount(
  browserMessages(browser.i18n, document.documentElement),
  () => t('extName'),
  () => <ChatSurface controller={controller} />,
);
void presentAsChosen();
