import { useEffect, useRef } from 'react'
import { useSetRecoilState } from 'recoil'
import { sideViewState } from '@chainlit/react-client'

// The passages found for a question, or those an answer rests on. Each opens in the side panel, and so do the
// answer's own marks, which are links to #source-1, #source-2.
export default function Passages() {
  const setSideView = useSetRecoilState(sideViewState)
  const list = useRef(null)

  const open = (passage) =>
    setSideView({
      title: `Source ${passage.number}`,
      elements: [{ id: `source-${passage.passage_id}-${passage.number}`, type: 'custom', name: 'Citation', display: 'side', props: passage }]
    })

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
    <ol ref={list} className={props.quotes ? 'pd-evidence' : 'pd-sources'} data-testid={props.quotes ? 'evidence' : 'sources'}
      aria-label={props.quotes ? 'Passages found' : 'Sources'}>
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
