import com.amazon.randomcutforest.config.Precision;
import com.amazon.randomcutforest.config.TransformMethod;
import com.amazon.randomcutforest.parkservices.AnomalyDescriptor;
import com.amazon.randomcutforest.parkservices.ThresholdedRandomCutForest;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;

/**
 * Reads "epoch seconds, value" lines and writes "score, grade" lines: the engine of OpenSearch's anomaly
 * detection, configured as its plugin does (shingle 8, 30 trees of 256 values, 32 values to begin with, p 0.995, values
 * within 20% of what was expected are no anomalies).
 */
public final class RandomCutForestRunner {
    public static void main(String[] arguments) throws Exception {
        ThresholdedRandomCutForest forest = ThresholdedRandomCutForest.builder()
            .dimensions(8).shingleSize(8).sampleSize(256).numberOfTrees(30).timeDecay(0.0001)
            .outputAfter(32).initialAcceptFraction(0.125).parallelExecutionEnabled(false).compact(true)
            .precision(Precision.FLOAT_32).boundingBoxCacheFraction(1.0).anomalyRate(0.005)
            .transformMethod(TransformMethod.NORMALIZE).alertOnce(true).autoAdjust(true)
            .internalShinglingEnabled(true).randomSeed(1L)
            .ignoreNearExpectedFromAboveByRatio(new double[] {0.2})
            .ignoreNearExpectedFromBelowByRatio(new double[] {0.2}).build();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        PrintWriter out = new PrintWriter(System.out);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            int comma = line.indexOf(',');
            long time = (long) Double.parseDouble(line.substring(0, comma));
            double[] value = {Double.parseDouble(line.substring(comma + 1))};
            AnomalyDescriptor found = forest.process(value, time);
            out.println(found.getRCFScore() + "," + found.getAnomalyGrade());
        }
        out.flush();
    }
}
