import { Component, type ComponentChildren, type JSX } from 'preact';
import { Pictogram } from './pictogram';
import { Speech } from './text';

/**
 * Guard stands around all screens: a mistake of ours in drawing one must not leave
 * a white page. What was recorded is recorded; starting again shows it.
 */
export class Guard extends Component<{ children: ComponentChildren }, { broken: boolean }> {
  override state = { broken: false };

  static override getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ComponentChildren {
    if (!this.state.broken) return this.props.children;
    return (
      <Speech.Consumer>
        {(text): JSX.Element => (
          <div class="app">
            <main class="screen ended red">
              <div class="body" role="alert">
                <Pictogram name="broken" />
                <h1>{text.say('fault.program')}</h1>
                <p>{text.say('do.reopen')}</p>
              </div>
              <div class="actions">
                <button type="button" class="button" onClick={() => location.reload()}>
                  <Pictogram name="undo" />
                  <span>{text.say('again')}</span>
                </button>
              </div>
            </main>
          </div>
        )}
      </Speech.Consumer>
    );
  }
}
