import { useEffect, useRef } from 'react'
import { useRecoilState } from 'recoil'
import { sideViewState, useChatData } from '@chainlit/react-client'

// The passages found for a question, or those an answer rests on. Each opens in the side panel, and so do the
// answer's own marks, which are links to #source-1, #source-2.
export default function Passages() {
  const [sideView, setSideView] = useRecoilState(sideViewState)
  const { elements } = useChatData()
  const list = useRef(null)
  const mounted = useRef(false)
  const key = props.passages.map((passage) => `${passage.number}-${passage.passage_id}`).join(' ')

  const open = (passage) => {
    const view = {
      title: passage.name || `Source ${passage.number}`,
      // Drawn anew each time it is opened: then it takes the focus.
      elements: [{ id: `source-${passage.passage_id}-${passage.number}-${Date.now()}`, type: 'custom', name: 'Citation', display: 'side', props: passage }]
    }
    window.policydeskPanel = { key, view, reopening: false, fresh: true, opener: document.activeElement }
    setSideView(view)
  }

  // Chainlit closes the panel whenever an element arrives that is not shown in it, as with every new answer, and may draw
  // this list anew. What was opened from it stays open until its reader closes it.
  useEffect(() => {
    const held = window.policydeskPanel
    if (!held || held.key !== key) return
    held.reopening = true
    Promise.resolve().then(() => {
      setSideView(held.view)
      held.reopening = false
    })
  }, [elements])

  useEffect(() => {
    const held = window.policydeskPanel
    if (mounted.current && held && held.key === key && !held.reopening && sideView !== held.view) {
      window.policydeskPanel = null
      // Back to what it was opened from, unless its reader is somewhere else already.
      if (!sideView && document.activeElement === document.body) held.opener.focus()
    }
    mounted.current = true
  }, [sideView])

  // In another conversation there is nothing to come back to.
  useEffect(() => () => {
    setTimeout(() => {
      const drawn = [...document.querySelectorAll('[data-passages]')].some((each) => each.dataset.passages === key)
      if (!drawn && window.policydeskPanel && window.policydeskPanel.key === key) window.policydeskPanel = null
    }, 500)
  }, [])

  useEffect(() => {
    const message = list.current && list.current.closest('.ai-message')
    if (!message) return
    const follow = (event) => {
      const mark = event.target.closest('a[href^="#source-"]')
      if (!mark) return
      event.preventDefault()
      const number = Number(mark.getAttribute('href').slice('#source-'.length))
      const passage = props.passages.find((each) => each.number === number)
      if (passage) open(passage)
    }
    message.addEventListener('click', follow)
    return () => message.removeEventListener('click', follow)
  }, [props.passages])

  return (
    <ol ref={list} data-passages={key} className={props.quotes ? 'pd-evidence' : 'pd-sources'} data-testid={props.quotes ? 'evidence' : 'sources'}
      aria-label={props.label || 'Sources'}>
      {props.passages.map((passage) => (
        <li key={passage.number}>
          <button type="button" onClick={() => open(passage)}>
            {props.quotes ? null : <span className="pd-number">{passage.number}</span>}
            <span className="pd-where">{passage.where}</span>
            {props.quotes ? <span className="pd-quote">{passage.quote}</span> : null}
          </button>
        </li>
      ))}
    </ol>
  )
}
