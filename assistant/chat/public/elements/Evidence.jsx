import { useSetRecoilState } from 'recoil'
import { sideViewState } from '@chainlit/react-client'

// What was found, before anything is phrased. Each line opens its passage.
export default function Evidence() {
  const setSideView = useSetRecoilState(sideViewState)

  const open = (passage) =>
    setSideView({
      title: `Source ${passage.number}`,
      elements: [{ id: `evidence-${passage.passage_id}-${passage.number}`, type: 'custom', name: `[${passage.number}]`, display: 'side', props: passage }]
    })

  return (
    <ol className="pd-evidence" data-testid="evidence" aria-label="Passages found">
      {props.passages.map((passage) => (
        <li key={passage.number}>
          <button type="button" onClick={() => open(passage)}>
            <span className="pd-where">{passage.where}</span>
            <span className="pd-quote">{passage.quote}</span>
          </button>
        </li>
      ))}
    </ol>
  )
}
